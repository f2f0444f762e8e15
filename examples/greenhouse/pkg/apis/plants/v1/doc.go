// +k8s:deepcopy-gen=package
// +k8s:defaulter-gen=TypeMeta
// +k8s:conversion-gen=example.dev/greenhouse/pkg/apis/plants
// +k8s:register-gen=package
// +k8s:openapi-gen=true
// +groupName=plants.greenhouse.example.dev

// Package v1 is the first version of the plants API.
package v1
