"""Recordings of traffic as HAR files: written from the journal or on the way to a site, read, and replayed.

HAR 1.2 (HTTP Archive) is what browsers and proxies write. Nothing here knows the engine.
"""
