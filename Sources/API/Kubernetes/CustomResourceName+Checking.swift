internal import Base
internal import KubeClient

extension CustomResourceName {
    /// What makes it unfit to be asked for, with the key in Backstage's form; nil when nothing does. Paths are made of
    /// the three parts, so nothing but names may stand in them.
    var problem: (key: String, detail: String)? {
        if plural == "secrets" { return ("plural", "secrets are never fetched") }
        if !group.isEmpty, !group.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isLabel) {
            return ("group", "expected a group such as argoproj.io, found \"\(group)\"")
        }
        if !Self.isLabel(version) {
            return ("apiVersion", "expected a version such as v1alpha1, found \"\(version)\"")
        }
        if !Self.isLabel(plural) { return ("plural", "expected a plural such as rollouts, found \"\(plural)\"") }
        return nil
    }

    /// Reads `{group, apiVersion, plural}`; nil when that is not its form.
    init?(_ json: JSONValue) {
        guard let group = json["group"]?.stringValue, let version = json["apiVersion"]?.stringValue,
            let plural = json["plural"]?.stringValue
        else { return nil }
        self.init(group: group, version: version, plural: plural)
    }

    /// Whether the text is a label of RFC 1123: lower-case letters, digits and inner hyphens, at most 63.
    static func isLabel(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        let hyphen = UInt8(ascii: "-")
        guard (1...63).contains(bytes.count), bytes.first != hyphen, bytes.last != hyphen else { return false }
        return bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == hyphen }
    }
}
