"""What is deployed in containers, checked without any: the manifests, the compose file, the image."""
