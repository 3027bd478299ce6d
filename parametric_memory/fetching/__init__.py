"""Where models come from: packages of a registry that carry one, and the hub. Knows nothing about their purpose."""
