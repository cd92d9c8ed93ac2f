{{/* What each part is: package, prefix of its settings, image, user of the broker, and whom it calls. */}}
{{- define "malapert.parts" -}}
gateway: {service: gateway, prefix: MALAPERT_GATEWAY_, image: gateway, user: gateway, calls: [planner, landing-site, comms-window, payload]}
planner: {service: planner, prefix: MALAPERT_PLANNER_, image: planner, user: planner, calls: [planner, landing-site, comms-window, payload]}
payload: {service: payload, prefix: MALAPERT_PAYLOAD_, image: payload, user: payload, calls: [planner]}
comms-window: {service: comms_window, prefix: MALAPERT_COMMS_WINDOW_, image: comms-window, user: comms_window, calls: [planner, landing-site]}
landing-site: {service: landing_site, prefix: MALAPERT_LANDING_SITE_, image: landing-site, user: landing_site, calls: [planner]}
solver: {service: "", prefix: MALAPERT_PLANNER_, image: planner, user: solver, calls: []}
{{- end -}}

{{- define "malapert.labels" -}}
app.kubernetes.io/name: malapert
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "malapert.version" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "malapert.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "malapert.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "malapert.brokerAddress" -}}
{{- if .Values.broker.internal -}}
{{ .Release.Name }}-nats:4222
{{- else -}}
{{ required "broker.address is required where broker.internal is false" .Values.broker.address }}
{{- end -}}
{{- end -}}

{{/* Password of a user of the broker, and the address with it. */}}
{{- define "malapert.brokerEnvironment" -}}
- name: BROKER_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .root.Values.secrets.broker }}, key: {{ .user }}}}
- name: {{ .prefix }}NATS_URL
  value: nats://{{ .user }}:$(BROKER_PASSWORD)@{{ include "malapert.brokerAddress" .root }}
{{- end -}}

{{/* Certificates of a part: where they are told, where they are seen, and what they are of. */}}
{{- define "malapert.tlsEnvironment" -}}
- {name: {{ .prefix }}TLS_CERTIFICATE_FILE, value: /run/tls/own.pem}
- {name: {{ .prefix }}TLS_KEY_FILE, value: /run/tls/own-key.pem}
- {name: {{ .prefix }}TLS_AUTHORITY_FILE, value: /run/tls/ca.pem}
{{- end -}}

{{- define "malapert.tlsMount" -}}
- {name: tls, mountPath: /run/tls, readOnly: true}
{{- end -}}

{{- define "malapert.tlsVolume" -}}
- name: tls
  secret:
    secretName: {{ .root.Values.tls.secret }}
    items:
      - {key: ca.pem, path: ca.pem}
      - {key: {{ .part }}.pem, path: own.pem}
      - {key: {{ .part }}-key.pem, path: own-key.pem}
      {{- with .databaseAuthority }}
      - {key: {{ . }}, path: database-ca.pem}
      {{- end }}
{{- end -}}
