"""Signature Version 4, checked (``--auth strict``): ``admit.py`` for requests, ``chunks.py`` for what they stream,
``forms.py`` for upload forms. Nothing here runs in a server that accepts everybody.
"""
