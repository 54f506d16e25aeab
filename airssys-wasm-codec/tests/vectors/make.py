#!/usr/bin/env python3
"""Writes the golden vectors beside it: what other implementations make of the same values.

    python3 -m venv venv
    venv/bin/pip install cbor2==6.2.1 msgpack==1.2.4 protobuf==7.36.2 borsh-construct==0.1.0
    venv/bin/python make.py

JSON is Python's own. No implementation of bincode 2 was found for Python, so its bytes are written
by `bincode` below, after https://docs.rs/bincode/2.0.1/bincode/spec/; the
crate bincode 2.0.1 was seen to make the same of them.

A vector has a name, which the tests have a value for; the value, in words; and the body in
hexadecimal. With "read_only" it is a form that is read but not written.
"""

import json
import math
import struct
from pathlib import Path

import borsh_construct as borsh_types
import cbor2
import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

HERE = Path(__file__).parent

# ---- Values with their types -------------------------------------------------------------------

LINE = ("struct", [("sku", "string"), ("count", "u32"), ("price", "f64")])
ORDER = (
    "struct",
    [
        ("id", "u64"),
        ("item", "string"),
        ("note", ("option", "string")),
        ("photo", "bytes"),
        ("lines", ("seq", LINE)),
    ],
)
EVENT = (
    "enum",
    [
        ("Opened", None),
        ("Named", "string"),
        ("Moved", ("tuple", ["i32", "i32"])),
        ("Sized", ("struct", [("width", "u16"), ("height", "u16")])),
    ],
)


def integers(kind, bits):
    signed = kind[0] == "i"
    low = -(1 << bits - 1) if signed else 0
    high = (1 << bits - 1) - 1 if signed else (1 << bits) - 1
    edges = {low, high, 0, 1, 23, 24, 127, 128, 250, 251, 255, 256, 65535, 65536}
    edges |= {(1 << 32) - 1, 1 << 32, (1 << 63) - 1}
    if signed:
        edges |= {-1, -24, -25, -32, -33, -128, -129, -32769, -(1 << 31) - 1}
    return [(f"{kind}/{n}", kind, n) for n in sorted(edges) if low <= n <= high]


VALUES = [
    ("bool/false", "bool", False),
    ("bool/true", "bool", True),
    *integers("u8", 8),
    *integers("u16", 16),
    *integers("u32", 32),
    *integers("u64", 64),
    *integers("i8", 8),
    *integers("i16", 16),
    *integers("i32", 32),
    *integers("i64", 64),
    ("f32/1.5", "f32", 1.5),
    ("f32/0.1", "f32", struct.unpack("<f", struct.pack("<f", 0.1))[0]),
    ("f64/0", "f64", 0.0),
    ("f64/-0", "f64", -0.0),
    ("f64/1.5", "f64", 1.5),
    ("f64/0.1", "f64", 0.1),
    ("f64/100000", "f64", 100000.0),
    ("f64/max", "f64", 1.7976931348623157e308),
    ("f64/least", "f64", 5e-324),
    ("f64/inf", "f64", math.inf),
    ("f64/-inf", "f64", -math.inf),
    ("string/empty", "string", ""),
    ("string/tea", "string", "tea"),
    ("string/several alphabets", "string", "Tee ☕ 茶 Ελλάδα 𝄞 \u0000"),
    ("string/escapes", "string", 'a"b\\c\n\t\u001f/'),
    ("string/31", "string", "x" * 31),
    ("string/32", "string", "x" * 32),
    ("string/300", "string", "ß" * 150),
    ("bytes/empty", "bytes", b""),
    ("bytes/all", "bytes", bytes(range(256))),
    ("option/none", ("option", "u32"), None),
    ("option/some", ("option", "u32"), 7),
    ("seq/empty", ("seq", "u32"), []),
    ("seq/three", ("seq", "u32"), [1, 1000, 100000]),
    ("seq/sixteen", ("seq", "u8"), list(range(16))),
    ("seq/texts", ("seq", "string"), ["a", "", "é"]),
    ("seq/seqs", ("seq", ("seq", "i16")), [[], [-1], [1, 2]]),
    ("tuple", ("tuple", ["u8", "string", "bool"]), [7, "x", True]),
    ("map/empty", ("map", "string", "u32"), {}),
    ("map/two", ("map", "string", "u32"), {"a": 1, "b": 70000}),
    ("enum/unit", EVENT, ("Opened", None)),
    ("enum/newtype", EVENT, ("Named", "tea")),
    ("enum/tuple", EVENT, ("Moved", [-1, 300])),
    ("enum/struct", EVENT, ("Sized", {"width": 640, "height": 480})),
    (
        "struct/empty things",
        ORDER,
        {"id": 0, "item": "", "note": None, "photo": b"", "lines": []},
    ),
    (
        "struct/nested",
        ORDER,
        {
            "id": 2**64 - 1,
            "item": "Grüner Tee",
            "note": "leise",
            "photo": b"\x00\xff",
            "lines": [
                {"sku": "a-1", "count": 3, "price": 4.1},
                {"sku": "b-2", "count": 70000, "price": 0.07},
            ],
        },
    ),
]


def plain(kind, value, of_bytes=bytes):
    """The value as formats that describe themselves have it."""
    match kind:
        case "bytes":
            return of_bytes(value)
        case ("option", inner):
            return None if value is None else plain(inner, value, of_bytes)
        case ("seq", inner):
            return [plain(inner, item, of_bytes) for item in value]
        case ("tuple", kinds):
            return [plain(inner, item, of_bytes) for inner, item in zip(kinds, value)]
        case ("map", _, inner):
            return {key: plain(inner, item, of_bytes) for key, item in value.items()}
        case ("struct", fields):
            return {name: plain(inner, value[name], of_bytes) for name, inner in fields}
        case ("enum", variants):
            name, content = value
            inner = dict(variants)[name]
            return name if inner is None else {name: plain(inner, content, of_bytes)}
    return value


# ---- Formats -----------------------------------------------------------------------------------


def cbor(kind, value):
    # Only the canonical form has the shortest floats; but it sorts the keys of maps.
    return cbor2.dumps(plain(kind, value), canonical=isinstance(value, float))


def messagepack(kind, value):
    return msgpack.packb(plain(kind, value), use_single_float=kind == "f32")


def json_text(kind, value):
    text = plain(kind, value, of_bytes=list)
    return json.dumps(text, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def borsh(kind, value):
    return borsh_type(kind).build(borsh_value(kind, value))


def borsh_type(kind):
    match kind:
        case "bytes":
            return borsh_types.Bytes
        case str():
            return getattr(borsh_types, {"bool": "Bool", "string": "String"}.get(kind, kind.upper()))
        case ("option", inner):
            return borsh_types.Option(borsh_type(inner))
        case ("seq", inner):
            return borsh_types.Vec(borsh_type(inner))
        case ("tuple", kinds):
            return borsh_types.TupleStruct(*map(borsh_type, kinds))
        case ("map", key, inner):
            return borsh_types.HashMap(borsh_type(key), borsh_type(inner))
        case ("struct", fields):
            return borsh_types.CStruct(*(name / borsh_type(inner) for name, inner in fields))
        case ("enum", variants):
            return borsh_types.Enum(*(borsh_variant(*each) for each in variants), enum_name="Event")


def borsh_variant(name, inner):
    match inner:
        case None:
            return name
        case ("struct", fields):
            return name / borsh_types.CStruct(*(n / borsh_type(each) for n, each in fields))
        case ("tuple", kinds):
            return name / borsh_types.TupleStruct(*map(borsh_type, kinds))
    return name / borsh_types.TupleStruct(borsh_type(inner))


def borsh_value(kind, value):
    match kind:
        case ("enum", variants):
            name, content = value
            variant = getattr(borsh_type(kind).enum, name)
            match dict(variants)[name]:
                case None:
                    return variant()
                case ("struct", _):
                    return variant(**content)
                case ("tuple", _):
                    return variant(content)
            return variant([content])
    return value


def bincode(kind, value):
    match kind:
        case "bool" | "u8":
            return struct.pack("<B", value)
        case "i8":
            return struct.pack("<b", value)
        case "u16" | "u32" | "u64" | "u128":
            return varint(value)
        case "i16" | "i32" | "i64" | "i128":
            return varint(2 * value if value >= 0 else -2 * value - 1)
        case "f32":
            return struct.pack("<f", value)
        case "f64":
            return struct.pack("<d", value)
        case "char":
            return value.encode()
        case "string":
            return bincode("bytes", value.encode())
        case "bytes":
            return varint(len(value)) + value
        case ("option", inner):
            return b"\0" if value is None else b"\1" + bincode(inner, value)
        case ("seq", inner):
            return varint(len(value)) + b"".join(bincode(inner, item) for item in value)
        case ("tuple", kinds):
            return b"".join(bincode(inner, item) for inner, item in zip(kinds, value))
        case ("map", key, inner):
            pairs = (bincode(key, k) + bincode(inner, v) for k, v in value.items())
            return varint(len(value)) + b"".join(pairs)
        case ("struct", fields):
            return b"".join(bincode(inner, value[name]) for name, inner in fields)
        case ("enum", variants):
            name, content = value
            inner = dict(variants)[name]
            index = varint(list(dict(variants)).index(name))
            return index if inner is None else index + bincode(inner, content)


def varint(value):
    if value < 251:
        return struct.pack("<B", value)
    for first, code, bits in ((251, "<H", 16), (252, "<I", 32), (253, "<Q", 64)):
        if value < 1 << bits:
            return bytes([first]) + struct.pack(code, value)
    return b"\xfe" + value.to_bytes(16, "little")


# ---- Protocol Buffers, whose types are messages ------------------------------------------------

FIELD = descriptor_pb2.FieldDescriptorProto


def protobuf_types():
    def message(file, name, *fields):
        kind = file.message_type.add(name=name)
        for number, (field, field_type, repeated) in enumerate(fields, 1):
            label = FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL
            entry = kind.field.add(name=field, number=number, label=label)
            if isinstance(field_type, str):
                entry.type, entry.type_name = FIELD.TYPE_MESSAGE, field_type
            else:
                entry.type = field_type
        return kind

    file = descriptor_pb2.FileDescriptorProto(name="v.proto", package="v", syntax="proto3")
    message(
        file,
        "Numbers",
        *((kind, getattr(FIELD, f"TYPE_{kind.upper()}"), False) for kind in NUMBERS),
    )
    message(
        file,
        "Line",
        ("sku", FIELD.TYPE_STRING, False),
        ("count", FIELD.TYPE_UINT32, False),
        ("price", FIELD.TYPE_DOUBLE, False),
    )
    order = message(
        file,
        "Order",
        ("id", FIELD.TYPE_UINT64, False),
        ("item", FIELD.TYPE_STRING, False),
        ("note", FIELD.TYPE_STRING, False),
        ("photo", FIELD.TYPE_BYTES, False),
        ("lines", ".v.Line", True),
        ("state", FIELD.TYPE_ENUM, False),
        ("packed", FIELD.TYPE_SINT32, True),
        ("stock", ".v.Order.StockEntry", True),
    )
    entry = order.nested_type.add(name="StockEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=1, type=FIELD.TYPE_STRING)
    entry.field.add(name="value", number=2, label=1, type=FIELD.TYPE_UINT32)
    order.oneof_decl.add(name="_note")
    order.field[2].proto3_optional = True
    order.field[2].oneof_index = 0
    order.field[5].type_name = ".v.State"
    state = file.enum_type.add(name="State")
    state.value.add(name="OPEN", number=0)
    state.value.add(name="CLOSED", number=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return [
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"v.{name}"))
        for name in ("Numbers", "Order")
    ]


NUMBERS = (
    "double float int32 int64 uint32 uint64 sint32 sint64 "
    "fixed32 fixed64 sfixed32 sfixed64 bool"
).split()


def protobuf():
    Numbers, Order = protobuf_types()
    low = {"int32": -(2**31), "int64": -(2**63)}
    high = {"int32": 2**31 - 1, "int64": 2**63 - 1, "uint32": 2**32 - 1, "uint64": 2**64 - 1}
    like = {"sint32": "int32", "sint64": "int64", "sfixed32": "int32", "sfixed64": "int64"}
    like |= {"fixed32": "uint32", "fixed64": "uint64"}
    floats = {"double": 0.1, "float": 1.5, "bool": True}
    edge = lambda edges: {k: floats.get(k, edges.get(like.get(k, k), 0)) for k in NUMBERS}
    messages = [
        ("numbers/empty", Numbers()),
        ("numbers/least", Numbers(**edge(low))),
        ("numbers/most", Numbers(**edge(high))),
        ("order/empty", Order()),
        ("order/empty note", Order(note="")),
        (
            "order/nested",
            Order(
                id=2**64 - 1,
                item="Grüner Tee ☕",
                note="leise",
                photo=b"\x00\xff",
                lines=[{"sku": "a-1", "count": 3, "price": 4.1}, {}],
                state=1,
                packed=[0, -1, 1, -(2**31)],
                stock={"a": 1},
            ),
        ),
    ]
    for name, message in messages:
        yield vector(name, str(message).strip(), message.SerializeToString(deterministic=True))


# ---- Files -------------------------------------------------------------------------------------


def vector(name, value, body, read_only=False):
    return {"name": name, "value": value, "hex": body.hex()} | (
        {"read_only": True} if read_only else {}
    )


def write(file, vectors):
    lines = ",\n".join(json.dumps(each, ensure_ascii=True) for each in vectors)
    (HERE / file).write_text(f"[\n{lines}\n]\n")


def of_values(encode, skip=()):
    return [vector(n, repr(v), encode(k, v)) for n, k, v in VALUES if n not in skip]


def also_read(rows):
    return [vector(name, value, bytes.fromhex(body), read_only=True) for name, value, body in rows]


# RFC 8949 has shorter and indefinite forms of the same; Python has other texts for some floats.
CBOR_ALSO = [
    ("u64/1", "in nine bytes", "1b0000000000000001"),
    ("f64/1.5", "in nine bytes", "fb3ff8000000000000"),
    ("f64/100000", "an integer", "1a000186a0"),
    ("string/tea", "in chunks", "7f627465" + "6161" + "ff"),
    ("bytes/empty", "in no chunks", "5fff"),
    ("seq/three", "of indefinite length", "9f011903e81a000186a0ff"),
    ("map/two", "of indefinite length", "bf616101" + "61621a00011170" + "ff"),
    ("string/tea", "with a tag", "d82063746561"),
]
MESSAGEPACK_ALSO = [
    ("u64/1", "in nine bytes", "cf0000000000000001"),
    ("i64/1", "as a signed integer", "d001"),
    ("f64/100000", "an integer", "ce000186a0"),
    ("seq/three", "of four bytes' length", "dd00000003" + "01cd03e8ce000186a0"),
    ("struct/empty things", "as an array", "9500a0c0c40090"),
]
# Python writes a plus in the exponent.
JSON_ALSO = [("f64/max", "1.7976931348623157e308", "312e37393736393331333438363233313537652b333038")]
BINCODE_MORE = [
    ("u128/max", "u128", 2**128 - 1),
    ("u128/2^64", "u128", 2**64),
    ("i128/min", "i128", -(2**127)),
    ("char/ascii", "char", "t"),
    ("char/two", "char", "ß"),
    ("char/three", "char", "☕"),
    ("char/four", "char", "𝄞"),
]

write("cbor.json", of_values(cbor) + also_read(CBOR_ALSO))
write("messagepack.json", of_values(messagepack) + also_read(MESSAGEPACK_ALSO))
NO_JSON = ("f64/inf", "f64/-inf", "f64/max", "f32/0.1")
write("json.json", of_values(json_text, skip=NO_JSON) + also_read(JSON_ALSO))
write("borsh.json", of_values(borsh))
write("bincode.json", of_values(bincode) + [vector(n, repr(v), bincode(k, v)) for n, k, v in BINCODE_MORE])
write("protobuf.json", protobuf())
