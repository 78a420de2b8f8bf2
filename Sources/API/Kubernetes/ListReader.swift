/// Reads answers as lists, one at a time: the parser needs several times a list's length for as long as it works.
actor ListReader {
    func list(_ body: [UInt8], _ share: ListAllowance.Share) throws(ObjectList.Malformed) -> ObjectList {
        try ObjectList(body, share)
    }
}
