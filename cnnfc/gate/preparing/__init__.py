"""Makes two versions of a project into two sides that workers can be started on."""
