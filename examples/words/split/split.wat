;; words/split: splits each line that it is sent into words, and sends each word to words/count.
;;
;; A core module, built against the core names of the package in wit/. The runtime makes a
;; component of it. A list or a string crosses the border as a pointer and a length.
(module
  ;; The last parameter says where the answer goes: see $answer below.
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message
      (param $target i32) (param $target_len i32)
      (param $message i32) (param $message_len i32)
      (param $answer i32)))

  ;; Memory, from its start:
  ;;     16  $answer: result<_, send-error>. At 0 is 1 for an error; at 8 its case; at 16 what
  ;;         the case carries. 24 bytes, aligned to 8 for the u64 of rate-limited.
  ;;     48  $result: result<option<list<u8>>, component-error>. At 0 is 1 for an error. Then an
  ;;         ok has at 4 the 0 of `none`; an error has at 4 its code, at 8 its message.
  ;;     64  the target
  ;;   1024  $reasons: a text for each case of send-error, 128 bytes apart, ended by a zero byte
  ;;   4096  $heap: the arguments of the call in hand
  (memory (export "memory") 1)
  (global $answer i32 (i32.const 16))
  (global $result i32 (i32.const 48))
  (global $count i32 (i32.const 64))
  (global $count_len i32 (i32.const 11))
  (global $reasons i32 (i32.const 1024))
  (global $heap i32 (i32.const 4096))

  (data (i32.const 64) "words/count")

  (data (i32.const 1024) "words/count did not get a word: invalid-target")
  (data (i32.const 1152) "words/count did not get a word: no-such-component")
  (data (i32.const 1280) "words/count did not get a word: not-permitted")
  (data (i32.const 1408) "words/count did not get a word: codec-not-accepted")
  (data (i32.const 1536) "words/count did not get a word: message-too-large")
  (data (i32.const 1664) "words/count did not get a word: rate-limited")
  (data (i32.const 1792) "the line has more words than the mailbox of words/count has room for")
  (data (i32.const 1920) "words/count did not get a word: too-many-requests")
  (data (i32.const 2048) "words/count did not get a word: stopped")
  (data (i32.const 2176) "words/count did not get a word: no-callback")

  ;; The case of send-error that has a code of its own.
  (global $mailbox_full i32 (i32.const 6))

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_len i32)
    (param $line i32) (param $line_len i32)
    (result i32)
    (local $end i32) (local $word i32) (local $word_end i32)
    (local.set $end (i32.add (local.get $line) (local.get $line_len)))
    (local.set $word (call $skip_space (local.get $line) (local.get $end)))
    (block $no_more
      (loop $words
        (br_if $no_more (i32.eq (local.get $word) (local.get $end)))
        (local.set $word_end (call $skip_word (local.get $word) (local.get $end)))
        (call $send_message
          (global.get $count) (global.get $count_len)
          (local.get $word) (i32.sub (local.get $word_end) (local.get $word))
          (global.get $answer))
        (if (i32.load8_u (global.get $answer))
          (then (return (call $refuse (i32.load8_u offset=8 (global.get $answer))))))
        (local.set $word (call $skip_space (local.get $word_end) (local.get $end)))
        (br $words)))
    (i32.store8 (global.get $result) (i32.const 0))
    (i32.store8 offset=4 (global.get $result) (i32.const 0))
    (global.get $result))

  ;; The runtime has read the result: what was allocated for the call is free again.
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message")
    (param $result i32)
    (global.set $top (global.get $heap)))

  ;; The result for a send that failed with this case of send-error.
  (func $refuse (param $case i32) (result i32)
    (local $reason i32)
    (local.set $reason
      (i32.add (global.get $reasons) (i32.mul (local.get $case) (i32.const 128))))
    (i32.store8 (global.get $result) (i32.const 1))
    (i32.store offset=4 (global.get $result)
      (select (i32.const 1) (i32.const 2)
        (i32.eq (local.get $case) (global.get $mailbox_full))))
    (i32.store offset=8 (global.get $result) (local.get $reason))
    (i32.store offset=12 (global.get $result) (call $text_len (local.get $reason)))
    (global.get $result))

  (func $text_len (param $text i32) (result i32)
    (local $at i32)
    (local.set $at (local.get $text))
    (block $ended
      (loop $bytes
        (br_if $ended (i32.eqz (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (i32.sub (local.get $at) (local.get $text)))

  ;; The first byte from $at on that is not white space, or $end.
  (func $skip_space (param $at i32) (param $end i32) (result i32)
    (block $found
      (loop $bytes
        (br_if $found (i32.eq (local.get $at) (local.get $end)))
        (br_if $found (i32.eqz (call $is_space (i32.load8_u (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.get $at))

  ;; The first byte from $at on that is white space, or $end.
  (func $skip_word (param $at i32) (param $end i32) (result i32)
    (block $found
      (loop $bytes
        (br_if $found (i32.eq (local.get $at) (local.get $end)))
        (br_if $found (call $is_space (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.get $at))

  ;; [:space:] of the C locale: the space, and \t \n \v \f \r, which are 9 to 13.
  (func $is_space (param $byte i32) (result i32)
    (i32.or
      (i32.eq (local.get $byte) (i32.const 32))
      (i32.lt_u (i32.sub (local.get $byte) (i32.const 9)) (i32.const 5))))

  ;; Where the next allocation goes.
  (global $top (mut i32) (i32.const 4096))

  ;; The runtime asks here for room for arguments, and for what a send-error carries.
  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
    (result i32)
    (local $new i32)
    (local.set $new
      (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $new) (local.get $size)))
    (call $reserve (global.get $top))
    (memory.copy (local.get $new) (local.get $old) (local.get $old_size))
    (local.get $new))

  ;; Grows the memory until it reaches to $end, in pages of 64 KiB. Traps if it may not.
  (func $reserve (param $end i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (local.get $end) (i32.const 0xffff)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
          (then (unreachable)))))))
