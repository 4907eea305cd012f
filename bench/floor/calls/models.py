from django.db import models


class Named(models.Model):
    name = models.CharField(max_length=100)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Client(Named):
    pass


class Category(Named):
    pass


class Person(Named):
    pass


class Call(models.Model):
    client = models.ForeignKey(Client, models.CASCADE)
    category = models.ForeignKey(Category, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    direction = models.CharField(max_length=10)
    phone = models.CharField(max_length=32)
    contact = models.CharField(max_length=120)
    started_at = models.DateTimeField(db_index=True)
    seconds = models.IntegerField()
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.contact


class Status(Named):
    pass


class Lead(models.Model):
    client = models.ForeignKey(Client, models.CASCADE)
    status = models.ForeignKey(Status, models.CASCADE)
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=32)
    email = models.CharField(max_length=120)
    company = models.CharField(max_length=120)
    last_call_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name
