// +k8s:deepcopy-gen=package
// +groupName=plants.greenhouse.example.dev

// Package plants holds the internal types: what the code works with, whatever version a user speaks.
package plants
