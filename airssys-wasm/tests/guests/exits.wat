;; Ends itself at each message, and says that all is well: a component written by hand.
(component
  (import "wasi:cli/exit@0.2.12" (instance $exit
    (export "exit" (func (param "status" (result))))))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $guest
    (import "wasi" "exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $free)
      (global.set $free (i32.add (global.get $free) (local.get 3))))
    (func (export "handle") (param i32 i32 i32 i32) (result i32)
      (call $exit (i32.const 0))
      unreachable)
    (func (export "post") (param i32)
      (global.set $free (i32.const 1024))))
  (core instance $guest (instantiate $guest
    (with "wasi" (instance (export "exit" (func $exit))))))
  (alias core export $guest "memory" (core memory $memory))
  (alias core export $guest "realloc" (core func $realloc))
  (alias core export $guest "handle" (core func $handle))
  (alias core export $guest "post" (core func $post))

  (type $error (record (field "code" u32) (field "message" string)))
  (func $handle-message
    (param "sender" string) (param "message" (list u8))
    (result (result (option (list u8)) (error $error)))
    (canon lift (core func $handle) (memory $memory) (realloc $realloc) (post-return $post)))

  (component $handler
    (type $record (record (field "code" u32) (field "message" string)))
    (import "error" (type $error (eq $record)))
    (import "handle-message" (func $handle-message
      (param "sender" string) (param "message" (list u8))
      (result (result (option (list u8)) (error $error)))))
    (export $component-error "component-error" (type $error))
    (export "handle-message" (func $handle-message)
      (func
        (param "sender" string) (param "message" (list u8))
        (result (result (option (list u8)) (error $component-error))))))
  (instance $handler (instantiate $handler
    (with "error" (type $error))
    (with "handle-message" (func $handle-message))))
  (export "airssys:component/handler@0.1.0" (instance $handler)))
