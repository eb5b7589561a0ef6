"""Servers of our own for a while: a PostgreSQL and a RabbitMQ in a scratch folder.

The demonstration runs on them where it is asked to, and so do the tests.
"""
