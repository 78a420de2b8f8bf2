internal import Base

extension ObjectMeta {
    /// Reads `metav1.ObjectMeta`. managedFields, finalizers and the rest are skipped without being built.
    init(from reader: consuming ProtobufReader, in context: inout DecodingContext) throws(ProtobufError) {
        self.init(name: "")
        var (namespace, name) = ("", "")
        var pairs: [(key: String, value: String)] = []
        while let field = try reader.nextField() {
            switch field {
            case 1: name = try reader.string()
            case 3: namespace = context.string(try reader.rawBytes())
            case 5: uid = ObjectUID(try reader.rawBytes())
            case 6: resourceVersion = ResourceVersion(try reader.string())
            case 7: generation = try reader.int64()
            case 8: created = try Timestamp(from: reader.message())
            case 9: deleted = try Timestamp(from: reader.message())
            case 11:
                let (key, value) = try reader.mapEntry()
                pairs.append((context.string(key), context.string(value)))
            case 12 where context.annotations != .none:
                let (key, value) = try reader.mapEntry()
                let annotation = context.string(key)
                guard context.annotations.keeps(annotation) else { continue }
                annotations[annotation] = String(decoding: value, as: UTF8.self)
            case 13:
                if let reference = try ControllerReference.read(from: reader.message(), in: &context) {
                    owner = reference
                }
            default: break
            }
        }
        key = ObjectKey(namespace: namespace, name: name)
        labels = context.labels(pairs)
    }

    /// The labels alone, as of a pod template.
    static func labels(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) -> LabelSet {
        var pairs: [(key: String, value: String)] = []
        while let field = try reader.nextField() {
            guard field == 11 else { continue }
            let (key, value) = try reader.mapEntry()
            pairs.append((context.string(key), context.string(value)))
        }
        return context.labels(pairs)
    }
}

extension ControllerReference {
    /// Reads `metav1.OwnerReference`; nil when it does not control the object.
    static func read(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) -> ControllerReference? {
        var (group, kind, name) = ("", "", "")
        var uid: ObjectUID = ""
        var controls = false
        while let field = try reader.nextField() {
            switch field {
            case 1: kind = context.string(try reader.rawBytes())
            case 3: name = context.string(try reader.rawBytes())
            case 4: uid = ObjectUID(try reader.rawBytes())
            case 5: group = context.string(try reader.rawBytes())  // apiVersion: `apps/v1`, or `v1` for the core
            case 6: controls = try reader.bool()
            default: break
            }
        }
        guard controls else { return nil }
        group = group.utf8.contains(UInt8(ascii: "/")) ? String(group.prefix { $0 != "/" }) : ""
        return context.owner(ControllerReference(group: group, kind: kind, name: name, uid: uid))
    }
}

extension Timestamp {
    /// Reads `metav1.Time`; a missing number is zero.
    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        var (seconds, nanoseconds): (Int64, Int32) = (0, 0)
        while let field = try reader.nextField() {
            switch field {
            case 1: seconds = try reader.int64()
            case 2: nanoseconds = try reader.int32()
            default: break
            }
        }
        // Far beyond any date that a server writes; keeps the microseconds from overflowing.
        let bounded = min(max(seconds, -1 << 40), 1 << 40)
        self.init(microseconds: bounded * 1_000_000 + Int64(nanoseconds) / 1_000)
    }
}

extension ProtobufReader {
    /// An entry of a map with string keys: {1: key, 2: value}, either empty when left out.
    mutating func mapEntry() throws(ProtobufError) -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        var (key, value) = (empty, empty)
        var entry = try message()
        while let field = try entry.nextField() {
            switch field {
            case 1: key = try entry.rawBytes()
            case 2: value = try entry.rawBytes()
            default: break
            }
        }
        return (key, value)
    }
}
