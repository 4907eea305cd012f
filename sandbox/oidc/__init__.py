"""An OpenID provider that stands in for Google and Microsoft, with ways to go wrong on purpose."""
