terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}

provider "azurerm" {
  features {}
  subscription_id = "11111111-2222-3333-4444-555555555555"
}

resource "azurerm_resource_group" "maps" {
  name     = "maps"
  location = "northeurope"
}

resource "azurerm_virtual_network" "maps" {
  name                = "maps"
  resource_group_name = azurerm_resource_group.maps.name
  location            = azurerm_resource_group.maps.location
  address_space       = ["10.20.0.0/16"]
  subnet {
    name             = "front"
    address_prefixes = ["10.20.1.0/24"]
  }
}

output "network" {
  value = azurerm_virtual_network.maps.id
}
