package metrics

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// register registers collectors; the error joins those of the registry.
func register(registerer prometheus.Registerer, collectors ...prometheus.Collector) error {
	errs := make([]error, len(collectors))
	for i, collector := range collectors {
		errs[i] = registerer.Register(collector)
	}
	return errors.Join(errs...)
}

// histogram returns a histogram with the buckets, and as a native one for a Prometheus that
// scrapes those.
func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:                            name,
		Help:                            help,
		Buckets:                         buckets,
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  100,
		NativeHistogramMinResetDuration: time.Hour,
	}, labels)
}

// number is how Prometheus spells a truth.
func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// seconds is how Prometheus spells a time.
func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
