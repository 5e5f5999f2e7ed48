package cluster

import (
	"strconv"
	"testing"

	"github.com/onsi/gomega"
)

func TestFreePorts(t *testing.T) {
	g := gomega.NewWithT(t)
	ports, err := FreePorts(t.Context(), 200)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	different := map[string]bool{}
	for _, port := range ports {
		number, err := strconv.Atoi(port)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(number).To(gomega.And(gomega.BeNumerically(">=", firstPort), gomega.BeNumerically("<=", lastPort)))
		different[port] = true
	}
	g.Expect(different).To(gomega.HaveLen(200))
}
