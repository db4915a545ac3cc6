"""Fine-tuning the recogniser on one's own pictures: data, mixture with drawn lines, task, before and after."""
