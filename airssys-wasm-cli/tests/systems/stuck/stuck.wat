;; Its `shutdown` does not end.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param i32 i32 i32 i32) (result i32)
    (i32.const 0))
  (func (export "airssys:component/lifecycle@0.1.0#init") (result i32) (i32.const 0))
  (func (export "airssys:component/lifecycle@0.1.0#shutdown") (loop $for-ever (br $for-ever))))
