package v1alpha1

// Annotations that Seawall reads on rollouts, and the first of them on inventory objects too.
const (
	// SyncSuccessRateAnnotation holds the chance that one environment's sync succeeds on
	// its first pass: a decimal from 0 to 1 ("0.995") or a percentage ("99.5%"). On an
	// inventory object it is that environment's own rate.
	SyncSuccessRateAnnotation = "seawall.dev/sync-success-rate"
	// EnvironmentsAnnotation holds the number of environments of a rollout whose targets
	// cannot be counted at admission: an integer from 1 to 1000000.
	EnvironmentsAnnotation = "seawall.dev/environments"
)
