package loader

import (
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// Field is something that a column of a file can be.
type Field struct {
	Name string // stable: in packages, in the API and in the catalogues
	// Required: a row that adds must have it.
	Required bool
	// Key: it may decide whether a row is new or known.
	Key bool
	// Secret: what stands in it is shown nowhere again (AU3).
	Secret bool
	// spellings are what such a column is called in files, in lower case and
	// without spaces or punctuation.
	spellings []string
}

// Fields returns what the columns of a file for a target can be, in the order in
// which they are offered.
func Fields(t core.LoadTarget) []Field {
	switch t {
	case core.LoadPeople:
		return []Field{
			{Name: "email", Required: true, Key: true, spellings: words("email emailaddress mail mailaddress emailid workemail correo correoelectronico email1")},
			{Name: "username", Key: true, spellings: words("username user userid login loginname samaccountname uid usuario nombredeusuario")},
			{Name: "first_name", Required: true, spellings: words("firstname first givenname forename nombre fname")},
			{Name: "last_name", Required: true, spellings: words("lastname last surname familyname sn apellido apellidos lname")},
			{Name: "type", spellings: words("usertype type role accesslevel tipo tipodeusuario rol")},
			{Name: "title", spellings: words("title jobtitle position puesto cargo titulo")},
			{Name: "phone", spellings: words("phone phonenumber telephone telephonenumber mobile telefono numerodetelefono")},
			{Name: "department", spellings: words("department dept team unit departamento")},
			{Name: "manager", spellings: words("manager managername linemanager supervisor supervisorname managersupervisor managerorsupervisor reportsto boss jefe jefa responsable responsableosupervisor supervisora reportaa")},
			{Name: "language", spellings: words("language lang locale idioma")},
			{Name: "time_zone", spellings: words("timezone tz zone zonahoraria")},
			{Name: "active", spellings: words("active enabled status state activo estado")},
			{Name: "groups", spellings: words("groups group memberof teams grupos grupo")},
			{Name: "password_hash", Secret: true, spellings: words("passwordhash hash hashedpassword userpassword pwhash hashdecontrasena")},
			{Name: "app_secret", Secret: true, spellings: words("appsecret totpsecret totp otpsecret authenticatorsecret otpauth secret secretodelaapp secretodelaaplicacion")},
		}
	case core.LoadGroups:
		return []Field{
			{Name: "name", Required: true, Key: true, spellings: words("name group groupname grupo nombre")},
			{Name: "description", spellings: words("description notes about descripcion")},
		}
	}
	return []Field{
		{Name: "group", Required: true, spellings: words("group groupname grupo name")},
		{Name: "person", Required: true, spellings: words("person username user email emailaddress login member usuario correo persona usernameoremail usuarioocorreo")},
	}
}

func words(s string) []string { return strings.Fields(s) }

// fieldNamed returns a field of a target; false where there is none.
func fieldNamed(t core.LoadTarget, name string) (Field, bool) {
	for _, f := range Fields(t) {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// plain takes everything off a name but its letters and digits.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case strings.ContainsRune("áàä", r):
			return 'a'
		case strings.ContainsRune("éèë", r):
			return 'e'
		case strings.ContainsRune("íìï", r):
			return 'i'
		case strings.ContainsRune("óòö", r):
			return 'o'
		case strings.ContainsRune("úùü", r):
			return 'u'
		case r == 'ñ':
			return 'n'
		}
		return -1
	}, strings.ToLower(s))
}

// typeOf reads a user type as files spell it.
func typeOf(cell string) (core.UserType, bool) {
	switch plain(cell) {
	case "noaccess", "none", "sinacceso":
		return core.NoAccess, true
	case "user", "ordinary", "member", "usuario":
		return core.Ordinary, true
	case "helpdesk", "support", "soporte", "asistencia", "mesadeayuda":
		return core.HelpDesk, true
	case "administrator", "admin", "administrador", "administradora":
		return core.Administrator, true
	}
	return 0, false
}

// activeOf reads whether somebody is active, as files spell it.
func activeOf(cell string) (active, ok bool) {
	switch plain(cell) {
	case "yes", "y", "true", "t", "1", "active", "enabled", "si", "s", "verdadero", "activo", "activa":
		return true, true
	case "no", "n", "false", "f", "0", "inactive", "notactive", "disabled", "deactivated", "falso", "inactivo", "inactiva", "noactivo", "noactiva":
		return false, true
	}
	return false, false
}

// groupsOf takes the names of groups in one cell apart: by semicolons, bars or
// lines where there are any, else by commas, so that a name with a comma can be
// written too.
func groupsOf(cell string) []string {
	separators := ","
	if strings.ContainsAny(cell, ";|\n") {
		separators = ";|\n"
	}
	var names []string
	for part := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if name := strings.Join(strings.Fields(part), " "); name != "" {
			names = append(names, name)
		}
	}
	return names
}
