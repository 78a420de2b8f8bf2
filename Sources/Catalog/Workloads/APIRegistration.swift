package import Base

/// How a workload registers an API; of several annotations the first counts.
package enum APIRegistration: Sendable, Hashable {
    /// `P/provides-api-from-def`, and `P/provides-api-from-url` of a code host: the definition is at this URL.
    case url(String)
    /// `P/provides-api-from-url` of another host: that serves the API as well as the definition.
    case served(String)
    /// `P/provides-api-from-resource-ref`: an object of the cluster says which host has it.
    case reference(APIResourceReference)
    /// It cannot be understood.
    case invalid(String)
}

/// Where the host of an API stands.
package struct APIResourceReference: Sendable, Hashable {
    package let apiVersion: String
    package let kind: String
    package let name: String
    /// Names and indexes from the object down to the host.
    package let field: [Step]
    /// `http` or `https`.
    package let scheme: String
    package let port: Int
    /// Begins with `/`.
    package let path: String

    package enum Step: Sendable, Hashable {
        case key(String)
        case index(Int)
    }

    /// The text in the object; nil when there is none.
    package func value(in object: JSONValue) -> String? {
        let value = field.reduce(Optional(object)) { value, step in
            switch step {
            case .key(let key): value?[key]
            case .index(let index): value?[index]
            }
        }
        return value?.stringValue
    }
}

extension WorkloadMapping {
    /// The API that a workload registers; nil: none.
    package func registration(of workload: IngestedWorkload) -> APIRegistration? {
        let reading = AnnotationReading(settings, workload.annotations)
        guard !(workload.type.isResource ?? settings.ingestsAsResources) else { return nil }
        for name in ["provides-api-from-def", "provides-api-from-url"] {
            guard let url = reading.text(name) else { continue }
            guard url.lowercased().hasPrefix("http://") || url.lowercased().hasPrefix("https://"), isAbsoluteURL(url)
            else { return .invalid("The annotation \(settings.annotation(name)) is no URL; expected https://…") }
            guard !namesUser(inURL: url) else {
                return .invalid(
                    "The annotation \(settings.annotation(name)) names a user; expected a URL without user and password"
                )
            }
            // What is not allowed can only be read of code hosts.
            return name == "provides-api-from-url" && settings.apiHosts.allows(url: url) ? .served(url) : .url(url)
        }
        let name = "provides-api-from-resource-ref"
        guard let text = reading.text(name) else { return nil }
        do throws(APIReferenceError) {
            return .reference(try APIResourceReference(text, namespace: workload.namespace))
        } catch {
            return .invalid("The annotation \(settings.annotation(name)) \(error.detail)")
        }
    }
}

/// What is wrong with a reference.
private struct APIReferenceError: Error {
    let detail: String
}

extension APIResourceReference {
    /// Only objects of the workload's own namespace may be named: who may annotate a workload must not have others' objects read.
    fileprivate init(_ text: String, namespace: String) throws(APIReferenceError) {
        guard let json = try? JSONValue(parsing: text), case .object = json else {
            throw APIReferenceError(detail: "is not a JSON object")
        }
        func member(_ key: String) throws(APIReferenceError) -> String {
            if let text = json[key]?.stringValue, !text.isEmpty { return text }
            if let number = json[key]?.intValue { return String(number) }
            throw APIReferenceError(detail: "lacks \(key)")
        }
        guard json["namespace"]?.stringValue ?? namespace == namespace else {
            throw APIReferenceError(detail: "names an object of another namespace")
        }
        (apiVersion, kind, name) = (try member("apiVersion"), try member("kind"), try member("name"))
        guard kind.lowercased() != "secret" else {
            throw APIReferenceError(detail: "names a Secret, which is not read")
        }
        scheme = try member("target-protocol").lowercased()
        guard ["http", "https"].contains(scheme) else {
            throw APIReferenceError(detail: "has another target-protocol than http or https")
        }
        guard let port = UInt16(try member("target-port")), port > 0 else {
            throw APIReferenceError(detail: "has no port in target-port")
        }
        self.port = Int(port)
        let path = try member("path")
        self.path = path.hasPrefix("/") ? path : "/" + path
        field = Self.steps(try member("target-field"))
    }

    /// `status.hosts[0].name`.
    private static func steps(_ text: String) -> [Step] {
        text.split(separator: ".").flatMap { part -> [Step] in
            let pieces = part.split(separator: "[")
            let indexes = pieces.dropFirst().compactMap { Int($0.dropLast($0.hasSuffix("]") ? 1 : 0)) }.map(Step.index)
            return (pieces.first.map { [.key(String($0))] } ?? []) + indexes
        }
    }
}
