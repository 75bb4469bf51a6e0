"""What S3 does for web pages: the rules of other origins (``cors.py``) and uploads by HTML forms (``forms.py``).

Neither is an operation of S3's model, so both sit beside the gateway and not among the handlers.
"""
