terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

provider "google" {
  project = "meridian"
  region  = "europe-west4"
}

resource "google_compute_network" "net" {
  name                    = "net"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "pods" {
  name          = "pods"
  network       = google_compute_network.net.id
  ip_cidr_range = "10.8.0.0/16"
  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.9.0.0/20"
  }
}

resource "google_storage_bucket" "files" {
  name     = "meridian-files"
  location = "EU"
  labels   = { team = "maps" }
}

output "where" {
  value = "${google_compute_subnetwork.pods.region} ${google_storage_bucket.files.url}"
}
