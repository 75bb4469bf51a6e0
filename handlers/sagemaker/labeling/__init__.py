"""Human work: workforces and their teams, task templates, labeling jobs, review flows. Nobody works on the tasks."""
