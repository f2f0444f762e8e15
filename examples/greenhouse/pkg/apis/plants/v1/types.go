package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Plant grows in a pot.
// +genclient
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type Plant struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the gardener wishes.
	Spec PlantSpec `json:"spec,omitempty"`
}

// PlantSpec is what a gardener wishes.
type PlantSpec struct {
	// Litres of water a day.
	// +optional
	Litres int32 `json:"litres,omitempty"`
	// Kinds of soil, best first.
	// +listType=atomic
	// +optional
	Soils []string `json:"soils,omitempty"`
}

// PlantList is many plants.
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type PlantList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Plant `json:"items"`
}
