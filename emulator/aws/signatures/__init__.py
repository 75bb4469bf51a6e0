"""Signatures, checked (``--auth strict``): ``admit.py`` for requests, ``chunks.py`` for what they stream, ``forms.py``
for upload forms, ``version2.py`` for S3's old way. Nothing here runs in a server that accepts everybody.
"""
