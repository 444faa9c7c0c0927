// Prints the rules that Pyrra makes of an objective, as its `generate` command writes them.
package main

import (
	"fmt"
	"os"

	"github.com/pyrra-dev/pyrra/kubernetes/api/v1alpha1"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	groups := []monitoringv1.RuleGroup{}
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		check(err)
		var config v1alpha1.ServiceLevelObjective
		check(yaml.UnmarshalStrict(text, &config))
		objective, err := config.Internal()
		check(err)
		increases, err := objective.IncreaseRules()
		check(err)
		rates, err := objective.Burnrates()
		check(err)
		groups = append(groups, increases, rates)
	}
	out, err := yaml.Marshal(monitoringv1.PrometheusRuleSpec{Groups: groups})
	check(err)
	fmt.Print(string(out))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
