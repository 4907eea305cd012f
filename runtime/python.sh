# Sourced by the commands in bin/: prints the name of a Python new enough for the product.
find_python() {
  local candidate seen=""
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    # Run it rather than look for it: a version manager's shim may exist and still refuse.
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      echo "$candidate"
      return 0
    fi
    seen="${seen:-$("$candidate" --version 2>/dev/null || true)}"
  done
  echo "Switchboard needs Python 3.11 or newer, but found ${seen:-no Python}: install python3 and try again." >&2
  return 1
}
