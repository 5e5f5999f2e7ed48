package sveltos

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The cases of Sveltos' controllers/profile_utils_test.go, getMaxUpdate, and what stands for
// no limit.
func TestWindow(t *testing.T) {
	tests := map[string]struct {
		value string
		total int
		want  int
	}{
		"fixed": {"10", 20, 10}, "half of four": {"50%", 4, 2}, "rounded up": {"30%", 2, 1}, "a third of ten": {"30%", 10, 3},
		"none is all": {"0", 7, 7}, "no percent is all": {"0%", 7, 7}, "more than all": {"200%", 7, 7}, "a part of one": {"1%", 3, 1},
		"less than none is all": {"-1", 7, 7}, "of none": {"30%", 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			value := intstr.Parse(tt.value)
			got, err := window(&value, tt.total)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(tt.want))
		})
	}
	NewWithT(t).Expect(window(nil, 7)).To(Equal(7))
}
