// Runs the SELinux warning controller on pairs of pods: see compare_selinux_conflicts.py, which copies this file into the package
// pkg/controller/volume/selinuxwarning of openshift/kubernetes. It uses the helpers of the tests there.

package selinuxwarning

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2/ktesting"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/volume"
	volumetesting "k8s.io/kubernetes/pkg/volume/testing"
)

func TestRecordPairs(t *testing.T) {
	_, ctx := ktesting.NewTestContext(t)
	input, err := os.Open(os.Getenv("PAIRS"))
	if err != nil {
		t.Fatal(err)
	}
	output, err := os.Create(os.Getenv("EVENTS"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	_, plugin := volumetesting.GetTestKubeletVolumePluginMgr(t)
	// The real controller has the plugins of persistent volumes alone.
	plugin.CanSupportFn = func(spec *volume.Spec) bool { return spec.PersistentVolume != nil }
	lines := bufio.NewScanner(input)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var pair struct {
			Pods      []*v1.Pod
			Supported bool
		}
		if err := json.Unmarshal(lines.Bytes(), &pair); err != nil {
			t.Fatal(err)
		}
		plugin.SupportsSELinux = pair.Supported
		client := fake.NewSimpleClientset()
		factory := informers.NewSharedInformerFactory(client, controller.NoResyncPeriodFunc())
		core := factory.Core().V1()
		c, err := NewController(ctx, client, core.Pods(), core.PersistentVolumeClaims(), core.PersistentVolumes(),
			factory.Storage().V1().CSIDrivers(), []volume.VolumePlugin{plugin}, nil)
		if err != nil {
			t.Fatal(err)
		}
		recorder := record.NewFakeRecorder(1000)
		c.eventRecorder = recorder
		for _, claim := range []string{"data", "other"} {
			_ = core.PersistentVolumeClaims().Informer().GetStore().Add(pvcBoundToPV("pv-"+claim, claim))
			_ = core.PersistentVolumes().Informer().GetStore().Add(pvBoundToPVC("pv-"+claim, claim))
		}
		for _, pod := range pair.Pods {
			_ = core.Pods().Informer().GetStore().Add(pod)
		}
		for _, pod := range pair.Pods {
			// An error names a volume whose labels differ, which an event reports as well.
			_ = c.sync(ctx, cache.MetaObjectToName(pod))
		}
		events := collectEvents(recorder.Events)
		if events == nil {
			events = []string{}
		}
		line, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = output.Write(append(line, '\n'))
	}
}
