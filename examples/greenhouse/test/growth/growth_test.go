// Package growth proves generated code by using it.
package growth

import (
	"context"
	"testing"
	"time"

	"example.dev/greenhouse/pkg/apis/plants"
	v1 "example.dev/greenhouse/pkg/apis/plants/v1"
	"example.dev/greenhouse/pkg/generated/clientset/versioned/fake"
	"example.dev/greenhouse/pkg/generated/informers/externalversions"
	"example.dev/greenhouse/pkg/generated/openapi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

func TestCopiesDefaultsAndConversions(t *testing.T) {
	rose := &v1.Plant{ObjectMeta: metav1.ObjectMeta{Name: "rose"}, Spec: v1.PlantSpec{Soils: []string{"clay"}}}
	v1.SetObjectDefaults_Plant(rose)
	other := rose.DeepCopy()
	other.Spec.Soils[0] = "sand"
	if rose.Spec.Soils[0] != "clay" || rose.Spec.Litres != 1 {
		t.Fatalf("%+v", rose.Spec)
	}
	var internal plants.Plant
	if err := v1.Convert_v1_Plant_To_plants_Plant(rose, &internal, nil); err != nil || internal.Spec.Litres != 1 {
		t.Fatalf("%v %+v", err, internal.Spec)
	}
}

func TestClientListerAndInformer(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	client := fake.NewSimpleClientset()
	factory := externalversions.NewSharedInformerFactory(client, 0)
	lister := factory.Plants().V1().Plants().Lister()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	rose := &v1.Plant{ObjectMeta: metav1.ObjectMeta{Name: "rose", Namespace: "garden"}}
	if _, err := client.PlantsV1().Plants("garden").Create(ctx, rose, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for ctx.Err() == nil {
		if found, _ := lister.List(labels.Everything()); len(found) == 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the plant never came")
}

func TestDefinitions(t *testing.T) {
	found := openapi.GetOpenAPIDefinitions(func(path string) spec.Ref { return spec.MustCreateRef(path) })
	var _ map[string]common.OpenAPIDefinition = found
	if found["example.dev/greenhouse/pkg/apis/plants/v1.Plant"].Schema.Properties["spec"].Description == "" {
		t.Fatal("Plant has no description")
	}
}
