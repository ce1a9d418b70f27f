package words_test

import (
	"regexp"
	"strings"
	"testing"
)

// glossary is what a name is called in Spanish, on every page and in every text
// that sends people there (CONTRIBUTING.md).
func glossary() map[string]string {
	return map[string]string{
		`Authenticator Code`:                 `Código de la app`,
		`[Cc]hoose Email|[Pp]ick Email`:      `Correo electrónico`,
		`Edit Profile`:                       `Editar perfil`,
		`My activity`:                        `Mi actividad`,
		`Control Panel`:                      `Panel de control`,
		`System Settings`:                    `Ajustes del sistema`,
		`System Setup`:                       `Preparación del sistema`,
		`System Configuration`:               `Configuración del sistema`,
		`Organizations and Security`:         `Organizaciones y seguridad`,
		`Security tab`:                       `[Pp]estaña Seguridad`,
		`press(es)? Save`:                    `puls[ae]r? Guardar|pulse Guardar`,
		`(?i)enable two-factor`:              `(?i)activar la verificación en dos pasos`,
		`(?i)require two-factor`:             `(?i)exigir la verificación en dos pasos`,
		`(?i)two-factor authentication`:      `(?i)verificación en dos pasos`,
		`(?i)recovery codes?`:                `(?i)códigos? de recuperación`,
		`(?i)authenticator apps?`:            `(?i)apps? de autenticación`,
		`(?i)(a|your|all) remembered device`: `(?i)dispositivos? recordados?`,
		`(?i)setup key`:                      `(?i)clave de configuración`,
		`Wasn't you\?|Not you\?"`:            `¿No fue usted\?`,
		`Forgot your password\?`:             `¿Olvidó su contraseña\?`,
		`Remember this device"`:              `Recordar este dispositivo`,
		`Use a recovery code`:                `[Uu]s(ar|e) un código de recuperación`,
		`(?i)help desk$`:                     `(?i)soporte`,
		`Data Loader`:                        `Cargador de datos`,
		`API [Kk]ey`:                         `[Cc]laves? de API`,
		`Manage Users`:                       `Administrar usuarios`,
		`(?i)audit log`:                      `(?i)registro de auditoría`,
	}
}

// TestGlossary: one thing has one name in Spanish too.
func TestGlossary(t *testing.T) {
	c := load(t)
	for english, spanish := range glossary() {
		said, wanted := regexp.MustCompile(english), regexp.MustCompile(spanish)
		for _, id := range c.IDs() {
			text := c.FormsIn("es", id)["other"]
			if text == "" || strings.HasPrefix(id, "admin.find.") {
				continue
			}
			if from := c.Forms(id)["other"]; said.MatchString(from) && !wanted.MatchString(text) {
				t.Errorf("%s: %q is not called %s: %q", id, from, spanish, text)
			}
		}
	}
}
