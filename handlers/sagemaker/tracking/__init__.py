"""What SageMaker records by itself about jobs, model packages and endpoints: trial components and lineage.

All of it is written by watchers (emulator/store/watching.py), in the transaction that begins or ends the job.
"""
