;; Refuses a message that starts with `r`, crashes at one that starts with `c`, and takes others.
(module
  ;; Memory: at 0 a result that is all zeros, which is `ok`; at 16 a refusal: 1, the code, the
  ;; pointer and the length of the text; from 1024 what the runtime hands over.
  (memory (export "memory") 32)
  (data (i32.const 16) "\01\00\00\00" "\14\00\00\00" "\40\00\00\00" "\10\00\00\00")
  (data (i32.const 64) "not on a weekend")

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_length i32) (param $message i32) (param $length i32)
    (result i32)
    (local $first i32)
    (local.set $first (i32.load8_u (local.get $message)))
    (if (i32.eq (local.get $first) (i32.const 0x63)) (then (unreachable))) ;; c
    (if (i32.eq (local.get $first) (i32.const 0x72)) (then (return (i32.const 16)))) ;; r
    (i32.const 0))

  ;; Room for what is handed over, in steps of 8 bytes; it is free again after the call.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8)))))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
