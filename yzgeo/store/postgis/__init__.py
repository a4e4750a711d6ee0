"""A district in a schema of a PostGIS database: the statements of the file store, spelt for a server.

Needs the extra ``postgis`` (psycopg); nothing else of the product imports this package until a database is asked for.
"""
