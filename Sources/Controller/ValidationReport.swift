import Base
import Catalog

/// The findings of `callboard validate` in the forms in which they can be printed.
struct ValidationReport {
    let findings: [CatalogCheck.Finding]
    let files: Int
    let entities: Int
    /// What could not be looked at.
    let unreadable: [String]

    var errors: Int { findings.count { $0.severity == .error } }
    var warnings: Int { findings.count - errors }

    init(_ check: CatalogCheck, isStrict: Bool, unreadable: [String]) {
        findings = check.findings(isStrict: isStrict)
        files = check.files
        entities = check.entities
        self.unreadable = unreadable
    }

    /// Ends with a line break.
    func text(_ format: ValidateArguments.Format) -> String {
        switch format {
        case .text: lines(findings.map(Self.line) + [summary])
        case .github: lines(findings.map(Self.annotation) + [summary])
        case .json: json.text() + "\n"
        }
    }

    private func lines(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

    private var summary: String {
        func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
        return [
            count(files, "file", "files"), count(entities, "entity", "entities"), count(errors, "error", "errors"),
            count(warnings, "warning", "warnings"),
        ].joined(separator: ", ")
    }

    private static func line(_ finding: CatalogCheck.Finding) -> String {
        let mark = finding.severity == .warning ? " (warning)" : ""
        return printable("\(finding.location): \(finding.code): \(finding.message)\(mark)")
    }

    /// The text on one line, without characters that a terminal takes for commands.
    private static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case _ where scalar.properties.generalCategory == .control: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private var json: JSONValue {
        [
            "files": .int(Int64(files)), "entities": .int(Int64(entities)), "errors": .int(Int64(errors)),
            "warnings": .int(Int64(warnings)), "unreadable": .array(unreadable.map(JSONValue.string)),
            "problems": .array(findings.map(Self.object)),
        ]
    }

    private static func object(_ finding: CatalogCheck.Finding) -> JSONValue {
        func number(_ value: Int?) -> JSONValue { value.map { .int(Int64($0)) } ?? .null }
        let position = finding.location.position
        return [
            "severity": .string(finding.severity.rawValue), "file": .string(finding.location.file),
            "line": number(position?.line), "column": number(position?.column), "code": .string(finding.code),
            "entityRef": finding.ref.map { .string($0.canonical) } ?? .null, "message": .string(finding.message),
        ]
    }
}

extension ValidationReport {
    /// A workflow command of GitHub Actions: `::error file=…,line=…,col=…,title=…::message`.
    private static func annotation(_ finding: CatalogCheck.Finding) -> String {
        var properties = ["file=\(escaped(finding.location.file, isProperty: true))"]
        if let position = finding.location.position {
            properties += ["line=\(position.line)", "col=\(position.column)"]
        }
        properties.append("title=\(escaped(finding.code, isProperty: true))")
        let message = escaped(finding.message, isProperty: false)
        return "::\(finding.severity.rawValue) \(properties.joined(separator: ","))::\(message)"
    }

    /// A message cannot hold `%` and line breaks as they are, a property neither `:` and `,`.
    private static func escaped(_ text: String, isProperty: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            case ":" where isProperty: result += "%3A"
            case "," where isProperty: result += "%2C"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
