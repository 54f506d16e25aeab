;; A component that responds with the message, after as many seconds as its first byte says: it waits
;; for them in WASI. It was made of a core module by wit-component, and printed.
(component
  (type $ty-wasi:io/poll@0.2.12 (;0;)
    (instance
      (export (;0;) "pollable" (type (sub resource)))
      (type (;1;) (borrow 0))
      (type (;2;) (func (param "self" 1)))
      (export (;0;) "[method]pollable.block" (func (type 2)))
    )
  )
  (import "wasi:io/poll@0.2.12" (instance $wasi:io/poll@0.2.12 (;0;) (type $ty-wasi:io/poll@0.2.12)))
  (alias export $wasi:io/poll@0.2.12 "pollable" (type $pollable (;1;)))
  (type $ty-wasi:clocks/monotonic-clock@0.2.12 (;2;)
    (instance
      (type (;0;) u64)
      (export (;1;) "duration" (type (eq 0)))
      (alias outer 1 $pollable (type (;2;)))
      (export (;3;) "pollable" (type (eq 2)))
      (type (;4;) (own 3))
      (type (;5;) (func (param "when" 1) (result 4)))
      (export (;0;) "subscribe-duration" (func (type 5)))
    )
  )
  (import "wasi:clocks/monotonic-clock@0.2.12" (instance $wasi:clocks/monotonic-clock@0.2.12 (;1;) (type $ty-wasi:clocks/monotonic-clock@0.2.12)))
  (type $ty-airssys:component/types@0.1.0 (;3;)
    (instance
      (type (;0;) string)
      (export (;1;) "component-id" (type (eq 0)))
      (type (;2;) (record (field "code" u32) (field "message" string)))
      (export (;3;) "component-error" (type (eq 2)))
    )
  )
  (import "airssys:component/types@0.1.0" (instance $airssys:component/types@0.1.0 (;2;) (type $ty-airssys:component/types@0.1.0)))
  (core module $main (;0;)
    (type (;0;) (func (param i64) (result i32)))
    (type (;1;) (func (param i32)))
    (type (;2;) (func (param i32 i32 i32 i32) (result i32)))
    (import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration" (func $subscribe (;0;) (type 0)))
    (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (;1;) (type 1)))
    (import "wasi:io/poll@0.2.12" "[resource-drop]pollable" (func $drop (;2;) (type 1)))
    (memory (;0;) 1)
    (global $free (;0;) (mut i32) i32.const 1024)
    (export "memory" (memory 0))
    (export "cabi_realloc" (func 3))
    (export "cabi_post_airssys:component/handler@0.1.0#handle-message" (func 4))
    (export "airssys:component/handler@0.1.0#handle-message" (func 5))
    (func (;3;) (type 2) (param i32 i32 i32) (param $size i32) (result i32)
      global.get $free
      global.get $free
      local.get $size
      i32.add
      global.set $free
    )
    (func (;4;) (type 1) (param i32)
      i32.const 1024
      global.set $free
    )
    (func (;5;) (type 2) (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
      (local $pollable i32)
      local.get $message
      i32.load8_u
      i64.extend_i32_u
      i64.const 1000000000
      i64.mul
      call $subscribe
      local.set $pollable
      local.get $pollable
      call $block
      local.get $pollable
      call $drop
      i32.const 0
      i32.const 0
      i32.store
      i32.const 4
      i32.const 1
      i32.store
      i32.const 8
      local.get $message
      i32.store
      i32.const 12
      local.get $length
      i32.store
      i32.const 0
    )
    (@producers
      (processed-by "wit-component" "0.254.2")
    )
  )
  (alias export $airssys:component/types@0.1.0 "component-id" (type $component-id (;4;)))
  (alias export $airssys:component/types@0.1.0 "component-error" (type $component-error (;5;)))
  (alias export $wasi:clocks/monotonic-clock@0.2.12 "subscribe-duration" (func $subscribe-duration (;0;)))
  (core func $subscribe-duration (;0;) (canon lower (func $subscribe-duration)))
  (core instance $wasi:clocks/monotonic-clock@0.2.12 (;0;)
    (export "subscribe-duration" (func $subscribe-duration))
  )
  (alias export $wasi:io/poll@0.2.12 "[method]pollable.block" (func $"[method]pollable.block" (;1;)))
  (core func $"[method]pollable.block" (;1;) (canon lower (func $"[method]pollable.block")))
  (alias export $wasi:io/poll@0.2.12 "pollable" (type $"#type6 pollable" (@name "pollable") (;6;)))
  (core func $resource.drop (;2;) (canon resource.drop $"#type6 pollable"))
  (core instance $wasi:io/poll@0.2.12 (;1;)
    (export "[method]pollable.block" (func $"[method]pollable.block"))
    (export "[resource-drop]pollable" (func $resource.drop))
  )
  (core instance $main (;2;) (instantiate $main
      (with "wasi:clocks/monotonic-clock@0.2.12" (instance $wasi:clocks/monotonic-clock@0.2.12))
      (with "wasi:io/poll@0.2.12" (instance $wasi:io/poll@0.2.12))
    )
  )
  (alias core export $main "memory" (core memory $memory (;0;)))
  (type (;7;) (list u8))
  (type (;8;) (option 7))
  (type (;9;) (result 8 (error $component-error)))
  (type (;10;) (func (param "sender" $component-id) (param "message" 7) (result 9)))
  (alias core export $main "airssys:component/handler@0.1.0#handle-message" (core func $airssys:component/handler@0.1.0#handle-message (;3;)))
  (alias core export $main "cabi_realloc" (core func $cabi_realloc (;4;)))
  (alias core export $main "cabi_post_airssys:component/handler@0.1.0#handle-message" (core func $cabi_post_airssys:component/handler@0.1.0#handle-message (;5;)))
  (func $handle-message (;2;) (type 10) (canon lift (core func $airssys:component/handler@0.1.0#handle-message) (memory $memory) (realloc $cabi_realloc) string-encoding=utf8 (post-return $cabi_post_airssys:component/handler@0.1.0#handle-message)))
  (component $airssys:component/handler@0.1.0-shim-component (;0;)
    (type (;0;) string)
    (import "import-type-component-id" (type (;1;) (eq 0)))
    (type (;2;) (record (field "code" u32) (field "message" string)))
    (import "import-type-component-error" (type (;3;) (eq 2)))
    (import "import-type-component-id0" (type (;4;) (eq 1)))
    (type (;5;) (list u8))
    (type (;6;) (option 5))
    (import "import-type-component-error0" (type (;7;) (eq 3)))
    (type (;8;) (result 6 (error 7)))
    (type (;9;) (func (param "sender" 4) (param "message" 5) (result 8)))
    (import "import-func-handle-message" (func (;0;) (type 9)))
    (export (;10;) "component-id" (type 1))
    (export (;11;) "component-error" (type 3))
    (type (;12;) (list u8))
    (type (;13;) (option 12))
    (type (;14;) (result 13 (error 11)))
    (type (;15;) (func (param "sender" 10) (param "message" 12) (result 14)))
    (export (;1;) "handle-message" (func 0) (func (type 15)))
  )
  (instance $airssys:component/handler@0.1.0-shim-instance (;3;) (instantiate $airssys:component/handler@0.1.0-shim-component
      (with "import-func-handle-message" (func $handle-message))
      (with "import-type-component-id" (type $component-id))
      (with "import-type-component-error" (type $component-error))
      (with "import-type-component-id0" (type $component-id))
      (with "import-type-component-error0" (type $component-error))
    )
  )
  (export $airssys:component/handler@0.1.0 (;4;) "airssys:component/handler@0.1.0" (instance $airssys:component/handler@0.1.0-shim-instance))
  (@producers
    (processed-by "wit-component" "0.254.2")
  )
)

