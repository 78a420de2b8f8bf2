/// A ConfigMap with its texts; binary data is not read.
package struct ConfigMap: KubernetesObject {
    package var meta: ObjectMeta
    package var data: [String: String]

    package init(meta: ObjectMeta, data: [String: String] = [:]) {
        self.meta = meta
        self.data = data
    }
}

extension Resource<ConfigMap> {
    /// Keeps all annotations.
    package static let configMaps = Resource(
        kind: "ConfigMap", plural: "configmaps", versions: [GroupVersion(version: "v1")], annotations: .all
    ) { reader, context throws(ProtobufError) in
        try ConfigMap(from: reader, in: &context)
    }
}

extension ConfigMap {
    /// `ConfigMap`{1: metadata, 2: data}.
    fileprivate init(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        self.init(meta: ObjectMeta(name: ""))
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2:
                let (key, value) = try reader.mapEntry()
                data[String(decoding: key, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
            default: break
            }
        }
    }
}
