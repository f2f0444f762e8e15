package plants

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Plant grows in a pot.
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type Plant struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec PlantSpec
}

// PlantSpec is what a gardener wishes.
type PlantSpec struct {
	// Litres of water a day.
	Litres int32
	// Kinds of soil, best first.
	Soils []string
}

// PlantList is many plants.
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type PlantList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []Plant
}
