"""The host that stands in for API Gateway, Lambda, SQS and EventBridge Scheduler on one box.

It reads a SAM template and knows nothing about the application in it. It is the only code here
that knows it is not AWS: functions run under AWS's own runtime client and talk to plain boto3.
"""
