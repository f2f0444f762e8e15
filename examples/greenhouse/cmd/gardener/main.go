// Gardener plants a rose in a garden of its own and says how much water it gets.
package main

import (
	"context"
	"fmt"
	"os"

	v1 "example.dev/greenhouse/pkg/apis/plants/v1"
	"example.dev/greenhouse/pkg/generated/clientset/versioned/fake"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func main() {
	plants := fake.NewSimpleClientset().PlantsV1().Plants("garden")
	rose := &v1.Plant{ObjectMeta: metav1.ObjectMeta{Name: "rose"}}
	v1.SetObjectDefaults_Plant(rose)
	planted, err := plants.Create(context.Background(), rose, metav1.CreateOptions{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%s: %d l a day\n", planted.Name, planted.Spec.Litres)
}
