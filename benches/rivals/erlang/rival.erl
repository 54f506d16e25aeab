%% Erlang's processes with the same messages as the others: 64 bytes of which 8 are a count.
%%
%% erl -noshell +S 1 -run rival main SAMPLES MILLISECONDS, where +S says on how many cores.
-module(rival).
-behaviour(gen_server).
-export([main/1, init/1, handle_call/3, handle_cast/2]).

main([Samples, Milliseconds]) ->
    Settings = {list_to_integer(Samples), list_to_integer(Milliseconds) * 1000000},
    Cores = erlang:system_info(schedulers),
    Measure = fun(Figure, Run) -> measure(Figure, Cores, Settings, Run) end,
    version(),
    Measure("tell", tell()),
    Measure("ask", ask()),
    Measure("ring of 1000, 100 tokens", ring(1000, 100, 64)),
    [Measure(["ring of ", integer_to_list(Size)], ring(Size, 1, 64)) || Size <- [2, 1000]],
    [Measure(["ring of ", integer_to_list(Size)], ring(Size, 1, 64))
     || Cores =:= 1, Size <- [10, 100, 10000]],
    [Measure(["ping-pong, ", integer_to_list(Bytes), " bytes"], ring(2, 1, Bytes))
     || Cores =:= 1, Bytes <- [16, 64, 256, 1024, 4096, 16384, 65536]],
    halt().

version() ->
    io:format("{\"system\":\"Erlang/OTP\",\"version\":\"~s (erts ~s, ~s)\"}~n",
              [erlang:system_info(otp_release), erlang:system_info(version),
               erlang:system_info(emu_flavor)]).

%% Run says how many nanoseconds so many messages take.
measure(Figure, Cores, {Samples, Each}, Run) ->
    Count = warm_up(1000, Each, Run),
    Sample = fun(_) -> io_lib:format("~.2f", [Run(Count) / Count]) end,
    Ns = lists:join(",", lists:map(Sample, lists:seq(1, Samples))),
    io:format("{\"system\":\"Erlang/OTP\",\"figure\":\"~s\",\"cores\":~b,\"ns\":[~s]}~n",
              [Figure, Cores, Ns]).

%% What comes first finds everything cold, and would make the samples too small.
warm_up(Count, Each, Run) ->
    Run(Count),
    case Run(Count) of
        Taken when Taken >= Each div 2 -> Count * Each div Taken;
        _ -> warm_up(Count * 2, Each, Run)
    end.

%% How long it takes until all of so many tokens are done.
timed(Tokens, Start) ->
    Begun = erlang:monotonic_time(nanosecond),
    Start(),
    [receive done -> ok end || _ <- lists:seq(1, Tokens)],
    erlang:monotonic_time(nanosecond) - Begun.

token(Count, Bytes) ->
    {token, Count, binary:copy(<<7>>, Bytes - 8)}.

%% One process sends another so many tokens, from the first send until the last is handled.
tell() ->
    Owner = self(),
    Sink = spawn_link(fun() -> sink(Owner) end),
    Source = spawn_link(fun() -> source(Sink) end),
    fun(Count) -> timed(1, fun() -> Source ! {send, Count} end) end.

source(Sink) ->
    receive
        {send, Count} ->
            {token, _, Rest} = token(Count, 64),
            send(Sink, Count - 1, Rest),
            source(Sink)
    end.

send(Sink, 0, Rest) ->
    Sink ! {token, 0, Rest};
send(Sink, Left, Rest) ->
    Sink ! {token, Left, Rest},
    send(Sink, Left - 1, Rest).

sink(Owner) ->
    receive
        {token, 0, _} -> Owner ! done;
        {token, _, _} -> ok
    end,
    sink(Owner).

%% One process calls a gen_server so many times.
ask() ->
    Owner = self(),
    {ok, Server} = gen_server:start_link(?MODULE, [], []),
    Requester = spawn_link(fun() -> requester(Owner, Server) end),
    fun(Count) -> timed(1, fun() -> Requester ! {ask, Count} end) end.

requester(Owner, Server) ->
    receive
        {ask, Count} ->
            request(Server, token(Count, 64)),
            Owner ! done,
            requester(Owner, Server)
    end.

request(_, {token, 0, _}) ->
    ok;
request(Server, {token, Left, Rest}) ->
    {token, _, _} = gen_server:call(Server, {token, Left, Rest}),
    request(Server, {token, Left - 1, Rest}).

init([]) -> {ok, none}.

handle_call(Token, _From, State) -> {reply, Token, State}.

handle_cast(_, State) -> {noreply, State}.

%% So many processes in a ring, each of which counts tokens down and sends them on.
ring(Size, Tokens, Bytes) ->
    Owner = self(),
    Relays = [spawn_link(fun() -> relay(Owner) end) || _ <- lists:seq(1, Size)],
    [First | Others] = Relays,
    lists:foreach(fun({Relay, Next}) -> Relay ! {aim, Next} end,
                  lists:zip(Relays, Others ++ [First])),
    Apart = Size div Tokens,
    Starts = [lists:nth(At * Apart + 1, Relays) || At <- lists:seq(0, Tokens - 1)],
    fun(Hops) ->
        Token = token(Hops div Tokens, Bytes),
        timed(Tokens, fun() -> [Start ! Token || Start <- Starts] end)
    end.

relay(Owner) ->
    receive {aim, Next} -> relay(Owner, Next) end.

relay(Owner, Next) ->
    receive
        {token, 0, _} -> Owner ! done;
        {token, Left, Rest} -> Next ! {token, Left - 1, Rest}
    end,
    relay(Owner, Next).
