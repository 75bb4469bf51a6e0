"""What runs inside the stand-in images: ``train`` and ``serve``, as AWS's framework containers have them.

It is installed beside the frameworks as ``sagemaker_emulator_toolkit`` and knows nothing of the server; it must import
with the standard library of Python 3.8 alone, and only then load numpy, xgboost or boto3 where a request needs them.
The contract it keeps is that of AWS's containers (docs.aws.amazon.com, "your-algorithms-training-algo" and
"your-algorithms-inference-code"), as unmodified scripts see it: folders, SM_* variables, arguments, exit codes.
"""
