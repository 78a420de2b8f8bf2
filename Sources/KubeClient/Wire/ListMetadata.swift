internal import Base

/// `ListMeta`: what a list says about itself.
package struct ListMetadata: Sendable, Equatable {
    package var resourceVersion = ResourceVersion("")
    /// Empty on the last page.
    package var continueToken = ""

    package init(resourceVersion: ResourceVersion = "", continueToken: String = "") {
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
    }
}

extension ListMetadata {
    init(from view: JSONView) {
        resourceVersion = ResourceVersion(view["resourceVersion"]?.stringValue ?? "")
        continueToken = view["continue"]?.stringValue ?? ""
    }

    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 2: resourceVersion = ResourceVersion(try reader.string())
            case 3: continueToken = try reader.string()
            default: break
            }
        }
    }
}
