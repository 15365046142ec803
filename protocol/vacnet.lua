-- A dissector of vacnet's gossip protocol for Wireshark and tshark.
--
-- Made by `python -m tools.dissector` from the message tables of vacnet and tools/dissector/template.lua:
-- edit those and not this. See SPEC.md beside it for what the fields mean.
--
--   tshark -X lua_script:vacnet.lua -i any -f 'udp port 8885'
--   or put it into Wireshark's folder of personal Lua plugins
--
-- It shows what stands in the datagrams. Whether a tag is good it cannot tell: that takes the key.

local PORT = 8885
local HEADER, TAG, DEPTH = 28, 16, 32

-- Type of message -> { name, shape of its body }.
local TYPES = {
    [1] = { "ANN", "Announce" },
    [2] = { "SYNC", "Sync" },
    [3] = { "DIGEST", "Digest" },
    [4] = { "ROWS", "Rows" },
    [5] = { "PULL", "Pull" },
    [6] = { "HELLO", "Hello" },
    [7] = { "WELCOME", "Welcome" },
    [8] = { "BYE", "Announce" },
    [9] = { "QUERY", "Query" },
    [10] = { "ANSWER", "Answer" },
}

-- Shape -> its fields in order: { name, kind, shape of what it consists of or how it is packed }.
local SHAPES = {
    FactoryRow = {
        { "version", "int" },
        { "advertise", "str" },
        { "instance", "bytes" },
        { "processors_total", "int" },
        { "processors_free", "int" },
        { "weight_thousandths", "int" },
        { "flags", "int" },
        { "deadline_in", "int" },
        { "rule_version", "int" },
        { "settings_digest", "bytes" },
        { "software_version", "str" },
        { "load_hundredths", "int" },
        { "memory_free_mib", "int" },
        { "disk_free_mib", "int" },
        { "departed_age", "int" },
    },
    Window = {
        { "number", "int" },
        { "opener", "str" },
        { "age", "int" },
        { "length", "int" },
        { "streak", "int" },
        { "open", "bool" },
    },
    Hold = {
        { "number", "int" },
        { "author", "str" },
        { "age", "int" },
        { "held", "bool" },
        { "reason", "str" },
    },
    TargetRow = {
        { "target", "str" },
        { "version", "int" },
        { "window", "shape", "Window" },
        { "gone", "bool" },
        { "machines_running", "int" },
        { "machines_starting", "int" },
        { "processors_running", "int" },
        { "processors_starting", "int" },
        { "processors_claimed", "int" },
        { "can", "int" },
        { "unproven", "int" },
        { "proven_running", "int" },
        { "tickets", "int" },
        { "proofs", "int" },
        { "noworks", "int" },
        { "claim", "signed" },
        { "claim_age", "int" },
        { "message_code", "int" },
        { "message_age", "int" },
        { "proof_age", "int" },
        { "proof_started_age", "int" },
        { "uncontradicted", "int" },
        { "proof_at_age", "int" },
        { "nowork_life", "int" },
        { "error_code", "int" },
        { "error_age", "int" },
        { "verdict_age", "int" },
        { "tried_hundredths", "int" },
        { "failed_hundredths", "int" },
        { "share_millionths", "int" },
        { "digest", "bytes" },
        { "hold", "shape", "Hold" },
    },
    Announce = {
        { "start", "int" },
        { "end", "int" },
        { "latest", "int" },
        { "urgent", "bool" },
        { "factory", "shape", "FactoryRow" },
        { "rows", "list", "TargetRow" },
        { "padding", "bytes" },
    },
    Sync = {
        { "hashes", "packed", "hash" },
        { "ask", "packed", "asked" },
        { "padding", "bytes" },
    },
    Digest = {
        { "buckets", "bytes" },
        { "whole", "bool" },
        { "entries", "packed", "entry" },
        { "evidence", "packed", "evidence" },
    },
    Origin = {
        { "name", "str" },
        { "epoch", "int" },
        { "start", "int" },
        { "end", "int" },
        { "latest", "int" },
        { "counter", "int" },
        { "age", "int" },
        { "ip", "str" },
        { "port", "int" },
        { "factory", "shape", "FactoryRow" },
        { "rows", "list", "TargetRow" },
    },
    Rows = {
        { "origins", "list", "Origin" },
        { "last", "bool" },
    },
    Pull = {
        { "wants", "packed", "entry" },
        { "padding", "bytes" },
    },
    Rival = {
        { "epoch", "int" },
        { "instance", "bytes" },
        { "ip", "str" },
        { "port", "int" },
        { "age", "int" },
    },
    Hello = {
        { "nonce", "int" },
        { "instance", "bytes" },
        { "name", "str" },
        { "version_min", "int" },
        { "version_max", "int" },
        { "rival", "shape", "Rival" },
        { "padding", "bytes" },
    },
    Member = {
        { "name", "str" },
        { "ip", "str" },
        { "port", "int" },
    },
    Welcome = {
        { "echo", "int" },
        { "nonce", "int" },
        { "instance", "bytes" },
        { "name", "str" },
        { "version_min", "int" },
        { "version_max", "int" },
        { "rival", "shape", "Rival" },
        { "members", "list", "Member" },
    },
    Query = {
        { "nonce", "int" },
        { "topic", "int" },
        { "after", "str" },
        { "padding", "bytes" },
    },
    Machine = {
        { "id", "str" },
        { "name", "str" },
        { "uuid", "bytes" },
        { "target", "str" },
        { "kind", "str" },
        { "state", "str" },
        { "processors", "int" },
        { "memory_mib", "int" },
        { "created_age", "int" },
        { "started_age", "int" },
        { "ended_age", "int" },
        { "deadline_in", "int" },
        { "cpu_deciseconds", "int" },
        { "efficiency_thousandths", "int" },
        { "recent_thousandths", "int" },
        { "proven", "bool" },
        { "ticket", "signed" },
        { "outcome", "str" },
        { "message", "str" },
        { "by_vacnet", "bool" },
    },
    Detail = {
        { "name", "str" },
        { "value", "str" },
    },
    Answer = {
        { "echo", "int" },
        { "topic", "int" },
        { "more", "bool" },
        { "machines", "list", "Machine" },
        { "details", "list", "Detail" },
    },
}

-- Packed arrays: how long one item is, and its parts: { name, offset, bytes }.
local PACKED = {
    hash = { length = 8, parts = { { "hash", 0, 8, "bytes" } } },
    asked = { length = 8, parts = { { "factory", 0, 8, "bytes" } } },
    entry = { length = 16, parts = { { "factory", 0, 8, "bytes" }, { "epoch", 8, 4, "int" }, { "version", 12, 4, "int" } } },
    evidence = { length = 24, parts = { { "factory", 0, 8, "bytes" }, { "epoch", 8, 4, "int" }, { "counter", 12, 8, "int" }, { "age", 20, 4, "int" } } },
}

local vacnet = Proto("vacnet", "vacnet gossip")

local header = {
    magic = ProtoField.string("vacnet.magic", "Magic"),
    version = ProtoField.uint8("vacnet.version", "Version"),
    type = ProtoField.uint8("vacnet.type", "Type", base.DEC, (function()
        local names = {}
        for number, one in pairs(TYPES) do names[number] = one[1] end
        return names
    end)()),
    key_id = ProtoField.bytes("vacnet.key_id", "Key id"),
    sender = ProtoField.bytes("vacnet.sender", "Sender"),
    epoch = ProtoField.uint32("vacnet.epoch", "Epoch"),
    sequence = ProtoField.uint64("vacnet.sequence", "Sequence"),
    body = ProtoField.none("vacnet.body", "Body"),
    tag = ProtoField.bytes("vacnet.tag", "Tag, not verified"),
    null = ProtoField.string("vacnet.nil", "Nil"),
    later = ProtoField.bytes("vacnet.later", "Field of a later release"),
}
local malformed = ProtoExpert.new(
    "vacnet.malformed", "not as the protocol has it", expert.group.MALFORMED, expert.severity.ERROR)

local MAKERS = {
    int = ProtoField.uint64,
    signed = ProtoField.int64,
    bool = function(abbreviation, name) return ProtoField.bool(abbreviation, name) end,
    str = ProtoField.string,
    bytes = ProtoField.bytes,
    list = function(abbreviation, name) return ProtoField.none(abbreviation, name) end,
    shape = function(abbreviation, name) return ProtoField.none(abbreviation, name) end,
    packed = ProtoField.bytes,
}

local fields, items, parts, registered = {}, {}, {}, {}
for _, field in pairs(header) do registered[#registered + 1] = field end
for shape, list in pairs(SHAPES) do
    fields[shape] = {}
    items[shape] = ProtoField.none("vacnet." .. shape:lower(), shape)
    registered[#registered + 1] = items[shape]
    for _, field in ipairs(list) do
        local made = MAKERS[field[2]]("vacnet." .. shape:lower() .. "." .. field[1], field[1])
        fields[shape][field[1]] = made
        registered[#registered + 1] = made
    end
end
for name, packed in pairs(PACKED) do
    parts[name] = { item = ProtoField.none("vacnet." .. name, name) }
    registered[#registered + 1] = parts[name].item
    for _, part in ipairs(packed.parts) do
        local kind = part[4] == "bytes" and ProtoField.bytes or ProtoField.uint64
        parts[name][part[1]] = kind("vacnet." .. name .. "." .. part[1], part[1])
        registered[#registered + 1] = parts[name][part[1]]
    end
end
vacnet.fields = registered
vacnet.experts = { malformed }

-- MessagePack -------------------------------------------------------------------------------------

-- What the first byte says: kind, where the value begins, how long it is (of an array: how many items).
local SIZED = {
    [0xc4] = { "bytes", 1 }, [0xc5] = { "bytes", 2 }, [0xc6] = { "bytes", 4 },
    [0xd9] = { "str", 1 }, [0xda] = { "str", 2 }, [0xdb] = { "str", 4 },
    [0xdc] = { "list", 2 }, [0xdd] = { "list", 4 }, [0xde] = { "map", 2 }, [0xdf] = { "map", 4 },
    [0xc7] = { "ext", 1 }, [0xc8] = { "ext", 2 }, [0xc9] = { "ext", 4 },
}
local FIXED = {
    [0xcc] = { "int", 1 }, [0xcd] = { "int", 2 }, [0xce] = { "int", 4 }, [0xcf] = { "int", 8 },
    [0xd0] = { "signed", 1 }, [0xd1] = { "signed", 2 }, [0xd2] = { "signed", 4 }, [0xd3] = { "signed", 8 },
    [0xca] = { "float", 4 }, [0xcb] = { "float", 8 },
    [0xd4] = { "ext", 2 }, [0xd5] = { "ext", 3 }, [0xd6] = { "ext", 5 }, [0xd7] = { "ext", 9 },
    [0xd8] = { "ext", 17 },
}

local function head(tvb, at, stop)
    if at >= stop then error("it ends too early") end
    local first = tvb(at, 1):uint()
    if first <= 0x7f then return "int", at, 1 end
    if first <= 0x8f then return "map", at + 1, first - 0x80 end
    if first <= 0x9f then return "list", at + 1, first - 0x90 end
    if first <= 0xbf then return "str", at + 1, first - 0xa0 end
    if first == 0xc0 then return "nil", at + 1, 0 end
    if first == 0xc2 or first == 0xc3 then return "bool", at, 1 end
    if first >= 0xe0 then return "signed", at, 1 end
    local kind, start, length
    if FIXED[first] then
        kind, start, length = FIXED[first][1], at + 1, FIXED[first][2]
    elseif SIZED[first] then
        local size = SIZED[first][2]
        if at + 1 + size > stop then error("it ends too early") end
        kind, start, length = SIZED[first][1], at + 1 + size, tvb(at + 1, size):uint()
        if kind == "ext" then length = length + 1 end
    else
        error(string.format("byte 0x%02x is no MessagePack", first))
    end
    return kind, start, length
end

-- Where the value that begins here ends.
local function skip(tvb, at, stop, depth)
    if depth > DEPTH then error("it is nested too deeply") end
    local kind, start, length = head(tvb, at, stop)
    if kind == "list" or kind == "map" then
        local finish = start
        for _ = 1, kind == "map" and 2 * length or length do finish = skip(tvb, finish, stop, depth + 1) end
        return finish
    end
    if start + length > stop then error("it ends too early") end
    return start + length
end

local function whole_number(tvb, start, length, kind)
    local range = tvb(start, length)
    local first = length == 1 and range:uint() or 0
    if kind == "signed" then
        if length == 1 and first >= 0xe0 then return Int64.new(first - 256) end
        return range:int64()
    end
    return range:uint64()
end

-- Shapes ------------------------------------------------------------------------------------------

local show_shape

local function show_packed(tvb, start, length, tree, name)
    local packed = PACKED[name]
    for at = start, start + length - packed.length, packed.length do
        local item = tree:add(parts[name].item, tvb(at, packed.length))
        for _, part in ipairs(packed.parts) do item:add(parts[name][part[1]], tvb(at + part[2], part[3])) end
    end
end

local function show_number(tvb, start, length, tree, field, declared, kind)
    local number = whole_number(tvb, start, length, kind)
    if declared == "int" and kind == "signed" then
        if number < Int64.new(0) then error(field.name .. " is negative") end
        number = UInt64.new(number:lower(), number:higher())
    elseif declared == "signed" and kind == "int" then
        number = Int64.new(number:lower(), number:higher())
    end
    tree:add(field.proto, tvb(start, length), number)
end

local SHOW = {
    list = function(tvb, at, stop, start, length, tree, field, declared)
        local rows = tree:add(field.proto, tvb(at, stop - at))
        local place = start
        for _ = 1, length do place = show_shape(tvb, place, stop, rows, declared[3], items[declared[3]]) end
        rows:set_len(place - at)
        return place
    end,
    str = function(tvb, _, _, start, length, tree, field)
        tree:add(field.proto, tvb(start, length), length > 0 and tvb(start, length):string(ENC_UTF_8) or "")
        return start + length
    end,
    bool = function(tvb, _, _, start, length, tree, field)
        tree:add(field.proto, tvb(start, length), tvb(start, 1):uint() == 0xc3)
        return start + length
    end,
    bytes = function(tvb, _, _, start, length, tree, field, declared)
        local item = tree:add(field.proto, tvb(start, length))
        if declared[2] == "packed" then show_packed(tvb, start, length, item, declared[3]) end
        return start + length
    end,
}

-- Which kinds may stand where one is declared.
local TAKES = {
    int = { int = "number", signed = "number" }, signed = { int = "number", signed = "number" },
    bool = { bool = "bool" }, str = { str = "str" }, bytes = { bytes = "bytes" }, packed = { bytes = "bytes" },
    list = { list = "list" },
}

local function show_field(tvb, at, stop, tree, shape, declared)
    local field = { name = shape .. "." .. declared[1], proto = fields[shape][declared[1]] }
    local kind, start, length = head(tvb, at, stop)
    if kind == "nil" then
        tree:add(header.null, tvb(at, 1), declared[1]):set_text(declared[1] .. ": nil")
        return start
    end
    if declared[2] == "shape" then return show_shape(tvb, at, stop, tree, declared[3], field.proto) end
    local how = TAKES[declared[2]][kind]
    if how == nil then error(field.name .. " cannot be of type " .. kind) end
    if kind ~= "list" and start + length > stop then error("it ends too early") end
    if how == "number" then
        show_number(tvb, start, length, tree, field, declared[2], kind)
        return start + length
    end
    return SHOW[how](tvb, at, stop, start, length, tree, field, declared)
end

show_shape = function(tvb, at, stop, tree, shape, proto)
    local kind, place, count = head(tvb, at, stop)
    if kind ~= "list" then error(shape .. " cannot be of type " .. kind) end
    local finish = skip(tvb, at, stop, 0)
    local item = tree:add(proto, tvb(at, finish - at))
    for number = 1, count do
        local declared = SHAPES[shape][number]
        if declared == nil then
            local behind = skip(tvb, place, stop, 0)
            item:add(header.later, tvb(place, behind - place))
            place = behind
        else
            place = show_field(tvb, place, stop, item, shape, declared)
        end
    end
    return place
end

-- Datagrams ---------------------------------------------------------------------------------------

local function show_body(tvb, tree, kind)
    local stop = tvb:len() - TAG
    local finish = show_shape(tvb, HEADER, stop, tree, kind[2], header.body)
    if finish ~= stop then error("there is something behind the message") end
end

function vacnet.dissector(tvb, pinfo, tree)
    local length = tvb:len()
    if length < HEADER + TAG or tvb(0, 2):string() ~= "VN" then return 0 end
    pinfo.cols.protocol = "VACNET"
    local top = tree:add(vacnet, tvb())
    top:add(header.magic, tvb(0, 2))
    top:add(header.version, tvb(2, 1))
    top:add(header.type, tvb(3, 1))
    top:add(header.key_id, tvb(4, 4))
    top:add(header.sender, tvb(8, 8))
    top:add(header.epoch, tvb(16, 4))
    top:add(header.sequence, tvb(20, 8))
    local kind = TYPES[tvb(3, 1):uint()]
    local name = kind and kind[1] or "type " .. tvb(3, 1):uint()
    pinfo.cols.info = string.format("%s from %s, epoch %d, sequence %s", name, tostring(tvb(8, 8):bytes()),
        tvb(16, 4):uint(), tostring(tvb(20, 8):uint64()))
    if kind and tvb(2, 1):uint() == 1 then
        local good, problem = pcall(show_body, tvb, top, kind)
        if not good then top:add_proto_expert_info(malformed, tostring(problem):gsub("^.-:%d+: ", "")) end
    end
    top:add(header.tag, tvb(length - TAG, TAG))
    return length
end

local function looks_like_it(tvb, pinfo, tree)
    if tvb:len() < HEADER + TAG or tvb(0, 2):string() ~= "VN" or tvb(2, 1):uint() ~= 1 then return false end
    vacnet.dissector(tvb, pinfo, tree)
    return true
end

vacnet:register_heuristic("udp", looks_like_it)
DissectorTable.get("udp.port"):add(PORT, vacnet)
