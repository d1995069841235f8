"""The claim: a deal becomes a job, and exactly one worker takes it."""
