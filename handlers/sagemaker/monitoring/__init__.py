"""Model Monitor: schedules are kept, started and stopped; they never come due, so there are no executions."""
