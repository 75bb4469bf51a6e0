"""What a job runs in: from an image URI to a local image or Python environment (``catalogue.Images``).

``recipes`` say what stands in for AWS's framework images, ``environments`` and ``stand_ins`` make it (for the process
executor and for Docker), ``toolkit`` is what runs inside.
"""
