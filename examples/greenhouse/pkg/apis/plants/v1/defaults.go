package v1

// SetDefaults_PlantSpec gives a plant a litre a day.
func SetDefaults_PlantSpec(spec *PlantSpec) {
	if spec.Litres == 0 {
		spec.Litres = 1
	}
}
