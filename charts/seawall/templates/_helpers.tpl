{{/* The name of most objects: that of the release, with "seawall" in it. */}}
{{- define "seawall.name" -}}
{{ contains "seawall" .Release.Name | ternary .Release.Name (printf "%s-seawall" .Release.Name) }}
{{- end }}

{{- define "seawall.selector" -}}
app.kubernetes.io/name: seawall
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "seawall.labels" -}}
{{ include "seawall.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "seawall.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "seawall.name" .) "default") }}
{{- end }}

{{/* The Secret that holds the serving certificate. That of cert-manager has a name of its
own, so that the mode can be changed and changed back. */}}
{{- define "seawall.certificate" -}}
{{- $suffix := eq .Values.certificates.mode "self" | ternary "certificate" "tls" -}}
{{ .Values.certificates.existingSecret.name | default (printf "%s-%s" (include "seawall.name" .) $suffix) }}
{{- end }}

{{/* The ConfigMap that holds the authorities of those who may call, empty for whoever can. */}}
{{- define "seawall.clientCA" -}}
{{ with .Values.webhook.clientCA.pem }}{{ include "seawall.name" $ }}-client-ca{{ else }}{{ .Values.webhook.clientCA.configMap }}{{ end }}
{{- end }}

{{/* The DNS name by which the API server calls. */}}
{{- define "seawall.host" -}}
{{ include "seawall.name" . }}.{{ .Release.Namespace }}.svc
{{- end }}

{{/* The namespaces whose rollouts are not judged, in JSON. */}}
{{- define "seawall.excludedNamespaces" -}}
{{ concat (list "kube-system" .Release.Namespace) .Values.webhook.excludedNamespaces | uniq | toJson }}
{{- end }}

{{/* GOMEMLIMIT for a memory limit in Mi or Gi: nine tenths of it. */}}
{{- define "seawall.memoryLimit" -}}
{{ div (mul (regexFind "[0-9]+" . | int) (hasSuffix "Gi" . | ternary 1024 1) 9) 10 }}MiB
{{- end }}

{{/*
Whether the namespace of Argo CD exists, as far as Helm can ask: without a cluster, as in
"helm template", it is taken to. A namespace that does not exist can hold no Role.
*/}}
{{- define "seawall.hasArgoCD" -}}
{{- if or (not (lookup "v1" "Namespace" "" "kube-system")) (lookup "v1" "Namespace" "" .Values.argocd.namespace) }}true{{ end }}
{{- end }}
