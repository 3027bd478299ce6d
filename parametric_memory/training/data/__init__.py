"""What hypernetworks are trained on: generators, real questions, the base model's own answers."""
