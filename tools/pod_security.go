// Prints what the library k8s.io/pod-security-admission says of pods: see record_pod_security.py, which makes a module of this file and adds
// newEvaluator to it, whose library differs between versions.

package main

import (
	"bufio"
	"encoding/json"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type judged struct {
	Allowed bool   `json:"allowed"`
	Detail  string `json:"detail"`
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	evaluator, err := newEvaluator()
	must(err)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var asked struct {
			Level, Version string
			Pod            corev1.Pod
		}
		must(json.Unmarshal(lines.Bytes(), &asked))
		level, err := api.ParseLevel(asked.Level)
		must(err)
		version, err := api.ParseVersion(asked.Version)
		must(err)
		standard := api.LevelVersion{Level: level, Version: version}
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(standard, &asked.Pod.ObjectMeta, &asked.Pod.Spec))
		must(json.NewEncoder(os.Stdout).Encode(judged{result.Allowed, result.ForbiddenDetail()}))
	}
	must(lines.Err())
}
